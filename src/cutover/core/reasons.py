"""Why a row was rejected, in words for people who know the business and not the mapping; never with a value."""

from typing import Literal

Language = Literal["en", "zh"]
# reason code -> English, Chinese; {column} is the target's column, {constraint} the target's constraint.
_WORDS: dict[str, tuple[str, str]] = {
    "required": ("{column} must not be empty", "{column} 不能为空"),
    "does_not_fit": ("{column} does not fit the new system's type", "{column} 不符合新系统的数据类型"),
    "too_long": ("{column} is too long for the new system", "{column} 超出新系统的长度"),
    "str_length": ("{column} is too long for the new system", "{column} 超出新系统的长度"),
    "out_of_range": ("the number in {column} is too large for the new system", "{column} 的数值超出新系统的范围"),
    "in_range": ("{column} is out of its allowed range", "{column} 超出允许范围"),
    "ge": ("{column} is below its lowest allowed value", "{column} 低于允许的最小值"),
    "le": ("{column} is above its highest allowed value", "{column} 高于允许的最大值"),
    "isin": ("{column} is not one of the allowed values", "{column} 不在允许的取值之内"),
    "str_matches": ("{column} is not written in its proper form", "{column} 的格式不正确"),
    "valid": ("{column} is not valid: its check digit or form is wrong", "{column} 校验不通过（校验位或格式错误）"),
    "expression": ("the values of the row contradict each other", "该行各字段的值互相矛盾"),
    "no_format_matches": ("{column} is not written as expected", "{column} 的写法无法识别"),
    "ambiguous_time": (
        "the clocks were set back: the hour in {column} came twice",
        "时钟回拨：{column} 的时刻出现过两次",
    ),
    "no_such_time": (
        "the clocks were set forward: the hour in {column} was left out",
        "时钟拨快：{column} 的时刻不存在",
    ),
    "has_time": ("{column} holds a time of day besides its date", "{column} 含有时间，只应为日期"),
    "unknown_flag": ("{column} is neither yes nor no", "{column} 不是可识别的是/否"),
    "no_entry": ("the code in {column} has no counterpart in the new system", "{column} 的代码在新系统中没有对应值"),
    "no_date": ("the date that decides about {column} is missing", "缺少确定 {column} 所需的日期"),
    "empty_input": ("a value that {column} is computed from is missing", "缺少计算 {column} 所需的值"),
    "no_branch": ("no case was foreseen for {column}", "没有为 {column} 规定这种情况"),
    "ambiguous": ("several counterparts fit {column} equally well", "{column} 有多个同等匹配的对应值"),
    "no_rate": ("there is no exchange rate for {column} on that day", "{column} 当日没有汇率"),
    "unknown_indicator": ("{column} is neither debit nor credit", "{column} 无法判断借贷方向"),
    "leftover": ("the text for {column} is not written in its proper form", "{column} 的文本格式无法拆分"),
    "holds_separator": ("a part of {column} holds the separator itself", "{column} 的组成部分含有分隔符"),
    "no_file": ("the file of {column} is missing", "{column} 的文件不存在"),
    "other_hash": ("the file of {column} is not the one it should be", "{column} 的文件内容与登记不符"),
    "too_deep": ("{column} lies deeper than the new system's levels", "{column} 的层级超出新系统"),
    "no_factor": ("the unit of {column} cannot be converted", "{column} 的单位无法换算"),
    "no_parent": ("what {column} refers to does not exist", "{column} 引用的记录不存在"),
    "no_reference": ("{column} refers to nothing", "{column} 没有引用任何记录"),
    "parent_rejected": (
        "what {column} refers to was rejected: mend that first",
        "{column} 引用的记录被拒绝，请先修正该记录",
    ),
    "parent_dropped": ("what {column} refers to does not move", "{column} 引用的记录不迁移"),
    "survivor_rejected": ("the record that it was merged into was rejected", "它所合并到的记录被拒绝"),
    "group_rejected": ("another row of the same group was rejected", "同组的其他行被拒绝"),
    "duplicate_key": ("another row has the same key", "有另一行使用相同的键"),
    "no_key": ("the row has no key", "该行没有键值"),
    "duplicate_target_key": (
        "another row claims the same {column} in the new system",
        "另一行在新系统中占用相同的 {column}",
    ),
    "circle": ("the row is part of a circle", "该行处于循环引用之中"),
    "not_a_date": ("{column} is no date", "{column} 不是有效日期"),
    "date_out_of_range": ("the date in {column} is out of range", "{column} 的日期超出范围"),
    "not_a_integer": ("{column} is no whole number", "{column} 不是整数"),
    "not_a_decimal": ("{column} is no number", "{column} 不是数字"),
    "not_a_timestamp": ("{column} is no point in time", "{column} 不是有效的时间"),
    "not_a_boolean": ("{column} is neither yes nor no", "{column} 不是可识别的是/否"),
    "not_encodable": (
        "{column} holds a character that the new system cannot keep",
        "{column} 含有新系统无法保存的字符",
    ),
    "not_of_its_type": ("{column} is not readable as the new system's type", "{column} 无法按新系统的类型读取"),
    "required_by_target": ("the new system wants a value in {column}", "新系统要求 {column} 必须有值"),
    "parent_not_in_target": (
        "the new system does not know what the row refers to ({constraint})",
        "新系统中没有该行引用的记录（{constraint}）",
    ),
    "already_in_target": (
        "the new system has this value already ({constraint})",
        "新系统中已有相同的值（{constraint}）",
    ),
    "check_constraint": (
        "a check of the new system refuses the row ({constraint})",
        "新系统的检查约束拒绝该行（{constraint}）",
    ),
    "exclusion_constraint": (
        "the row overlaps with another one in the new system ({constraint})",
        "该行与新系统中的另一行冲突（{constraint}）",
    ),
    "refused_by_trigger": ("a rule inside the new system refuses the row", "新系统内部的规则拒绝该行"),
    "refused_by_target": ("the new system refuses the row ({constraint})", "新系统拒绝该行（{constraint}）"),
}
_OTHER = ("rule {rule} refuses the row: {reason}", "规则 {rule} 拒绝该行：{reason}")
_NOBODY = {"en": "a column", "zh": "某字段"}


def in_words(reason: str, language: Language, *, rule: str, column: str, constraint: str = "") -> str:
    """Say a reason code in words; one that is not known is named with its rule."""
    words = _WORDS.get(reason, _OTHER)[0 if language == "en" else 1]
    told = column or _NOBODY[language]
    return words.format(rule=rule, reason=reason, column=told, constraint=constraint or reason)


def known_reasons() -> frozenset[str]:
    """Return the codes that have words of their own."""
    return frozenset(_WORDS)
