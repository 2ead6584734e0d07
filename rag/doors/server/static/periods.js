// Times as the server writes them (2023-04, 2023-01/2023-06, --04) and as labels say them.

const MONTHS = Array.from({ length: 12 }, (_, i) => named("long", i));
const SHORT = Array.from({ length: 12 }, (_, i) => named("short", i));
const CHINESE =
  /^(?:(\d{4})年)?(?:(\d{1,2})月(?:(\d{1,2})日)?|(\d{1,2})[—–-](\d{1,2})月|([一二三四])季度|([上下])半年|(全年))?$/;
const ENGLISH = new RegExp(`^(${MONTHS.join("|")})(?:–(${MONTHS.join("|")}))?(?: (\\d{1,2}))?(?:,? (\\d{4}))?$|^(\\d{4})$`);

// The English name of a month.
function named(length, month) {
  return new Intl.DateTimeFormat("en", { month: length, timeZone: "UTC" }).format(Date.UTC(2000, month, 1));
}

// "2023-01/2023-06" → {year: 2023, first: 1, last: 6, day: 0, end}; `end` is its last day, counted. null for what is no time.
export function timeOf(period) {
  const found = /^(\d{4}|-)(?:-(\d\d))?(?:-(\d\d))?(?:\/(?:\d{4}|-)-(\d\d))?$/.exec(period || "");
  if (!found) return null;
  const [year, first, day] = [found[1], found[2], found[3]].map((part) => Number(part) || 0);
  const last = Number(found[4]) || first || 12;
  const end = (day ? Date.UTC(year, first - 1, day) : Date.UTC(year, last, 0)) / 86400000;
  return { year, first: first || 1, last, day, end };
}

// The period that a label names: "2023年二季度", "April–June 2023" → "2023-04/2023-06"; "" for none.
export function periodOf(label) {
  const chinese = CHINESE.exec(label || "");
  if (label && chinese) {
    const [, year, month, day, from, to, quarter, half] = chinese;
    if (quarter) return period(year, "一二三四".indexOf(quarter) * 3 + 1, "一二三四".indexOf(quarter) * 3 + 3);
    if (half) return half === "上" ? period(year, 1, 6) : period(year, 7, 12);
    return period(year, Number(month || from) || 1, Number(month || to) || 12, Number(day) || 0);
  }
  const english = ENGLISH.exec(label || "");
  if (!english) return "";
  if (english[5]) return english[5];
  const first = MONTHS.indexOf(english[1]) + 1;
  return period(english[4], first, MONTHS.indexOf(english[2]) + 1 || first, Number(english[3]) || 0);
}

// The parts of a time as the server writes it.
function period(year = "-", first, last, day = 0) {
  const two = (number) => String(number).padStart(2, "0");
  if (day) return `${year}-${two(first)}-${two(day)}`;
  if (first === 1 && last === 12 && year !== "-") return year;
  return first === last ? `${year}-${two(first)}` : `${year}-${two(first)}/${year}-${two(last)}`;
}

// A time on an axis, without its year: 4月, Apr, Q2; a whole year as its number.
export function shortOf({ year, first, last, day }, language) {
  const chinese = language === "zh";
  if (day) return `${first}/${day}`;
  if (first === 1 && last === 12) return String(year);
  if (first === last) return chinese ? `${first}月` : SHORT[first - 1];
  if (last - first === 2 && first % 3 === 1) return `Q${(first + 2) / 3}`;
  if (last - first === 5 && first % 6 === 1) return chinese ? `${first === 1 ? "上" : "下"}半年` : `H${first === 1 ? 1 : 2}`;
  return chinese ? `${first}–${last}月` : `${SHORT[first - 1]}–${SHORT[last - 1]}`;
}
