"""The words that synthetic portfolios are made of. Phone numbers use the 555 exchange, which rings nowhere."""

_FIRST = (
    "Adriana Alfredo Alicia Amanda Amber Ana Andre Andrea Angela Anthony Ariel Ashley Barbara Benjamin Bianca Brandon Brenda"
    " Brian Camila Carla Carlos Caroline César Charles Christina Clara Cristian Daniel Darnell Dakota Deborah Derek Diana"
    " Dominic Dulce Edgar Elena Eli Emily Erica Ernesto Estefanía Evelyn Felipe Gabriel Gloria Grace Hannah Héctor Holly"
    " Ignacio Imani Irene Isaac Israel Ivan Jacob Jamal Janelle Jasmine Jesús Joanna Jordan Josefina Joshua Judith Julia"
    " Karina Keisha Kevin Kimberly Lamar Latoya Laura Leonel Leticia Linda Lori Lucas Luz Malik Marco Mariana Marcus Martha"
    " Maya Melissa Miriam Monique Nadia Natalie Nicole Noé Norma Olivia Oscar Pamela Patricia Paula Rachel Ramón Raúl Rebecca"
    " Renee Ricardo Robert Rosa Ruben Samantha Sandra Sean Sergio Sharon Sofía Stephanie Tamika Tanya Teresa Thomas Tiana"
    " Trevor Valeria Vanessa Verónica Victor Walter Wendy William Ximena Yolanda Zachary"
)

DOUBLE_NAMES = (
    "Ana Luisa", "Juan Carlos", "José Luis", "María Elena", "Marco Antonio", "Mary Ann", "Miguel Ángel", "Rosa María",
)  # fmt: skip

_LAST = (
    "Acosta Aguilar Allen Alvarado Anderson Arias Arroyo Bailey Barnes Barrera Bell Benítez Booker Brooks Brown Bryant Cabrera"
    " Campbell Cárdenas Carter Castillo Chavez Coleman Collins Contreras Cooper Cortez Cruz Davis Delgado Diaz Domínguez"
    " Dorsey Duarte Edwards Ellis Escobar Espinoza Evans Figueroa Fisher Flores Foster Franklin Fuentes Gaines Gallegos"
    " Garcia Gibson Gómez Gonzales Graham Grant Green Griffin Guerrero Guzmán Hall Harris Hayes Henderson Hernández Hill"
    " Howard Hughes Ibarra Jackson James Jefferson Jenkins Jiménez Johnson Jones Jordan Juárez Kelly King Lawson Lee Lewis"
    " Lloyd Long López Love Lozano Maldonado Marshall Martin Martínez Mason McClure Medina Mejía Mendoza Mitchell Molina"
    " Montoya Moore Morales Morgan Morris Murphy Muñoz Navarro Nelson Nguyen Núñez Ochoa Ortega Owens Pacheco Palmer Parker"
    " Patterson Peña Perez Perkins Peterson Phillips Porter Powell Price Quintero Ramírez Reed Reyes Richardson Ríos Rivera"
    " Roberts Robinson Rodgers Rojas Romero Ross Ruiz Salazar Sanders Santiago Scott Serrano Simmons Smith Solis Soto"
    " Stewart Suarez Sullivan Taylor Thomas Thompson Torres Trujillo Tucker Turner Valdez Vargas Vega Velasquez Walker"
    " Wallace Ward Washington Watkins Watson West White Williams Wilson Wolf Woods Wright Young Zamora Zuniga"
)

FIRST_NAMES, LAST_NAMES = tuple(_FIRST.split()), tuple(_LAST.split())

COMPOUND_LAST_NAMES = ("de la Cruz", "de la Garza", "de León", "del Río", "del Valle", "O'Brien", "Smith-Jones", "St. Clair")

MARKS = ("*PAST DUE* ", "DEFAULT - ", "(RETURNED) ", "[PIF] ", "RECOVERY: ", "**STOLEN** ", "PAID OFF - ", "BK - ")

MODELS = (
    "APPLE IPHONE 11 64GB", "APPLE IPHONE 12 128GB", "APPLE IPHONE 13 128GB", "APPLE IPHONE 14 PRO 256GB",
    "GOOGLE PIXEL 7A", "MOTOROLA EDGE 2022", "MOTOROLA MOTO G POWER 2023", "ONEPLUS NORD N20",
    "SAMSUNG GALAXY A14 5G", "SAMSUNG GALAXY A54 5G", "SAMSUNG GALAXY S22", "TCL 30 XE 5G",
)  # fmt: skip

AREAS = {
    "305": "FL", "786": "FL", "813": "FL", "904": "FL", "404": "GA", "770": "GA", "912": "GA", "615": "TN", "901": "TN",
    "713": "TX", "512": "TX", "210": "TX", "214": "TX", "702": "NV", "212": "NY", "718": "NY", "860": "CT", "612": "MN",
    "614": "OH", "619": "CA", "909": "CA",
}  # fmt: skip
"""Area codes and the state that each lies in."""

DEALERS = ("MOBILE DEPOT", "CELL CITY", "PHONE HARBOR")

DEAD_STATUSES = ("Paid Off", "Closed", "Charged Off", "Returned")
