"""Cron cases (`now fields`) or, with `expected`, their previous and next firing, found by looking at every minute."""
import datetime
import random
import sys

random.seed(20261122)
MINUTE = datetime.timedelta(minutes=1)


def pick(low, high, some):
    if random.random() < 0.5:
        return "*"
    return ",".join(str(n) for n in sorted(random.sample(range(low, high + 1), random.randint(1, some))))


def cases():
    edges = ["202612312359", "202701010000", "202802290000", "202803010000", "202602281200", "202611230000"]
    for number in range(60):
        if number < len(edges):
            now = edges[number]
        else:
            now = (datetime.datetime(2026, 1, 1) + MINUTE * random.randrange(1440 * 900)).strftime("%Y%m%d%H%M")
        yield now, [pick(0, 59, 3), pick(0, 23, 2), pick(1, 31, 2), pick(1, 12, 3), pick(0, 6, 2), random.choice(["and", "or"])]


def matches(day, fields):
    _, _, doms, months, dows, mode = fields
    dom = doms == "*" or str(day.day) in doms.split(",")
    dow = dows == "*" or str(day.isoweekday() % 7) in dows.split(",")
    either = mode == "or" and doms != "*" and dows != "*"
    return (months == "*" or str(day.month) in months.split(",")) and ((dom or dow) if either else (dom and dow))


def firing(now, fields, step):
    at = datetime.datetime.strptime(now, "%Y%m%d%H%M")
    first = at if step < 0 else at + MINUTE
    for offset in range(1828):
        day = first.date() + datetime.timedelta(days=step * offset)
        if not matches(day, fields):
            continue
        times = [datetime.datetime(day.year, day.month, day.day, h, m)
                 for h in range(24) if fields[1] == "*" or str(h) in fields[1].split(",")
                 for m in range(60) if fields[0] == "*" or str(m) in fields[0].split(",")]
        times = [t for t in times if (t <= at if step < 0 else t > at)]
        if times:
            return (max(times) if step < 0 else min(times)).strftime("%Y%m%d%H%M")
    return "none"


for now, fields in cases():
    if sys.argv[1] == "cases":
        print(now, " ".join(fields))
    else:
        print(firing(now, fields, -1), firing(now, fields, 1))
