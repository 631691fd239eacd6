-- purpose: the employees without their photographs, which personnel keeps
select
    EmployeeID, LastName, FirstName, Title, TitleOfCourtesy, BirthDate, HireDate, Address, City, Region, PostalCode,
    Country, HomePhone, Extension, Notes, ReportsTo, PhotoPath
from Employees
