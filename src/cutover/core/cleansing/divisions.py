"""The divisions of China by GB/T 2260: provinces and their cities, districts of municipalities, abolished names."""

import re

# Autonomous regions are also written without their people.
PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海"
    "|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
CITIES = {
    "河北省": "石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水",
    "山西省": "太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁",
    "内蒙古自治区": "呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布",
    "辽宁省": "沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛",
    "吉林省": "长春 吉林 四平 辽源 通化 白山 松原 白城",
    "黑龙江省": "哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化",
    "江苏省": "南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁",
    "浙江省": "杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水",
    "安徽省": "合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城",
    "福建省": "福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德",
    "江西省": "南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶",
    "山东省": "济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽",
    "河南省": "郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店",
    "湖北省": "武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州",
    "湖南省": "长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底",
    "广东省": "广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 "
    "云浮",
    "广西壮族自治区": "南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左",
    "海南省": "海口 三亚 三沙 儋州",
    "四川省": "成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳",
    "贵州省": "贵阳 六盘水 遵义 安顺 毕节 铜仁",
    "云南省": "昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧",
    "西藏自治区": "拉萨 日喀则 昌都 林芝 山南 那曲",
    "陕西省": "西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛",
    "甘肃省": "兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南",
    "青海省": "西宁 海东",
    "宁夏回族自治区": "银川 石嘴山 吴忠 固原 中卫",
    "新疆维吾尔自治区": "乌鲁木齐 克拉玛依 吐鲁番 哈密",
}
# Only those whose name no other city has: there is a 朝阳区 in Beijing and one in Changchun.
DISTRICTS = {
    "北京市": "东城区 西城区 丰台区 石景山区 海淀区 门头沟区 房山区 顺义区 昌平区 大兴区 怀柔区 平谷区 密云区 延庆区",
    "上海市": "黄浦区 徐汇区 长宁区 静安区 虹口区 杨浦区 闵行区 嘉定区 浦东新区 金山区 松江区 青浦区 奉贤区 崇明区",
    "天津市": "南开区 河西区 红桥区 东丽区 西青区 津南区 北辰区 武清区 宝坻区 滨海新区 宁河区 静海区 蓟州区",
    "重庆市": "万州区 涪陵区 渝中区 大渡口区 沙坪坝区 九龙坡区 南岸区 北碚区 綦江区 大足区 渝北区 巴南区 黔江区 长寿区 "
    "江津区 合川区 永川区 南川区 璧山区 铜梁区 潼南区 荣昌区 开州区 梁平区 武隆区",
}
# Abolished or renamed: what it was -> where, what it is.
OUTDATED = {
    "崇文区": ("北京市", "东城区"), "宣武区": ("北京市", "西城区"), "南汇区": ("上海市", "浦东新区"),
    "卢湾区": ("上海市", "黄浦区"), "闸北区": ("上海市", "静安区"), "崇明县": ("上海市", "崇明区"),
    "塘沽区": ("天津市", "滨海新区"), "汉沽区": ("天津市", "滨海新区"), "大港区": ("天津市", "滨海新区"),
    "襄樊市": ("湖北省", "襄阳市"), "思茅市": ("云南省", "普洱市"),
}  # fmt: skip
_HOMES = {f"{city}市": province for province, cities in CITIES.items() for city in cities.split()} | {
    district: town for town, districts in DISTRICTS.items() for district in districts.split()
}
_HOME = re.compile("|".join(sorted(_HOMES, key=len, reverse=True)))
_OLD = {old: re.compile(f"(?:{home[:-1]}{home[-1]}?)?{old}") for old, (home, _) in OUTDATED.items()}
_COUNTRY = re.compile(r"\s*(?:中华人民共和国|中国)?\s*")


def complete_division(text: str) -> str:
    """Return an address with the province or municipality that its first name lies in, by today's names.

    One that names them already, and one whose first name is unknown or has several homes, stays as it is.
    """
    start = _COUNTRY.match(text)
    place = start.end() if start else 0
    for old, pattern in _OLD.items():
        found = pattern.match(text, place)
        if found:
            return text[:place] + "".join(OUTDATED[old]) + text[found.end() :]
    found = _HOME.match(text, place)
    return text[:place] + _HOMES[found[0]] + text[place:] if found else text
