# Dates counted in days since 1970, and texts of them, for datetime and time.
MINYEAR, MAXYEAR = 1, 9999
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")


def day_number(year, month, day):
    """Days since 1970-01-01 of a date: years begin in March, so that the day that leap years add is their last."""
    year -= month <= 2
    era = year // 400
    yoe = year - era * 400
    doy = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468


def civil(days):
    """The date that day_number() counts."""
    days += 719468
    era, doe = divmod(days, 146097)
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    month = (5 * doy + 2) // 153
    year = yoe + era * 400 + (month >= 10)
    return year, (month + 2) % 12 + 1, doy - (153 * month + 2) // 5 + 1


def month_days(year, month):
    return day_number(year + month // 12, month % 12 + 1, 1) - day_number(year, month, 1)


def check_date(year, month, day):
    if not MINYEAR <= year <= MAXYEAR:
        raise ValueError(f"year {year} is out of range")
    if not 1 <= month <= 12:
        raise ValueError("month must be in 1..12")
    if not 1 <= day <= month_days(year, month):
        raise ValueError("day is out of range for month")


def check_time(hour, minute, second, microsecond):
    for name, value, top in (("hour", hour, 23), ("minute", minute, 59), ("second", second, 59),
                             ("microsecond", microsecond, 999999)):
        if not 0 <= value <= top:
            raise ValueError(f"{name} must be in 0..{top}")


def isocalendar(days):
    weekday = (days + 3) % 7
    year = civil(days - weekday + 3)[0]
    return year, (days - weekday + 3 - day_number(year, 1, 1)) // 7 + 1, weekday + 1


def format(format, year, month, day, hour, minute, second, microsecond, offset, zone):
    days = day_number(year, month, day)
    weekday, yday = (days + 3) % 7, days - day_number(year, 1, 1)
    iso = isocalendar(days)
    table = {
        "Y": str(year), "m": f"{month:02d}", "d": f"{day:02d}", "H": f"{hour:02d}", "M": f"{minute:02d}",
        "S": f"{second:02d}", "f": f"{microsecond:06d}", "y": f"{year % 100:02d}", "e": f"{day:2d}",
        "I": f"{(hour + 11) % 12 + 1:02d}", "p": "AM" if hour < 12 else "PM", "j": f"{yday + 1:03d}",
        "a": DAYS[weekday][:3], "A": DAYS[weekday], "b": MONTHS[month - 1][:3], "h": MONTHS[month - 1][:3],
        "B": MONTHS[month - 1], "w": str((weekday + 1) % 7), "u": str(weekday + 1), "z": offset, "Z": zone, "%": "%",
        "F": f"{year}-{month:02d}-{day:02d}", "T": f"{hour:02d}:{minute:02d}:{second:02d}",
        "D": f"{month:02d}/{day:02d}/{year % 100:02d}", "R": f"{hour:02d}:{minute:02d}", "n": "\n", "t": "\t",
        "G": str(iso[0]), "V": f"{iso[1]:02d}", "C": f"{year // 100:02d}", "k": f"{hour:2d}",
        "U": f"{(yday + 7 - (weekday + 1) % 7) // 7:02d}", "W": f"{(yday + 7 - weekday) // 7:02d}",
        "x": f"{month:02d}/{day:02d}/{year % 100:02d}", "X": f"{hour:02d}:{minute:02d}:{second:02d}",
        "c": f"{DAYS[weekday][:3]} {MONTHS[month - 1][:3]} {day:2d} {hour:02d}:{minute:02d}:{second:02d} {year}",
        "s": str(days * 86400 + hour * 3600 + minute * 60 + second),
    }
    out, i = [], 0
    while i < len(format):
        c = format[i]
        if c == "%" and i + 1 < len(format):
            i += 1
            c = table.get(format[i], "%" + format[i])
        out.append(c)
        i += 1
    return "".join(out)
