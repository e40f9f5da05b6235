"""Random rules and stamps to two files; prints what must go, found the slow and plain way."""
import datetime
import random
import sys

seed, rules_file, stamps_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]
random.seed(seed)
names = ["LAST", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
rules = {name: random.choice([0, 0, 1, 2, 3, 7]) for name in names}
span = random.choice([3 * 86400, 60 * 86400, 1500 * 86400])
start = datetime.datetime(2025, 11, 20)
times = sorted({start + datetime.timedelta(seconds=random.randrange(span)) for _ in range(random.randint(1, 120))})
bad = {t for t in times if random.random() < 0.25}

buckets = {
    "HOURLY": lambda t: (t.date(), t.hour),
    "DAILY": lambda t: t.date(),
    "WEEKLY": lambda t: t.isocalendar()[:2],
    "MONTHLY": lambda t: (t.year, t.month),
    "YEARLY": lambda t: t.year,
}
keep = set()
good = [t for t in times if t not in bad]
keep.add(good[-1] if good else times[-1])
# Good sets are kept as if there were no others; a bad one goes when it would have gone were it good.
for those in (good, times):
    if rules["LAST"]:
        keep.update(those[-rules["LAST"]:])
    for name, bucket in buckets.items():
        groups = {}
        for t in those:
            groups.setdefault(bucket(t), []).append(t)
        keep.update(group[-1] for group in sorted(groups.values(), key=lambda g: g[-1], reverse=True)[:rules[name]])
if not any(rules.values()):
    keep = set(times)

text = lambda t: t.strftime("%Y%m%dT%H%M%SZ")
with open(rules_file, "w") as out:
    for name in names:
        out.write(f"KEEP_{name}={rules[name]}\n")
with open(stamps_file, "w") as out:
    for t in random.sample(times, len(times)):
        out.write(f"{text(t)} {'suspect' if t in bad else 'ok'}\n")
for t in times:
    if t not in keep:
        print(text(t))
