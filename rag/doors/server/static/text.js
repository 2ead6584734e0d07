// Says things in the language that is set: t("send") → "Send" or "发送".

import { TEXTS } from "./words.js";

let chosen = "en";

// "en" or "zh".
export const language = () => chosen;

// "zh" for a text with Chinese characters.
export const languageOf = (text) => (/[\u3400-\u9fff]/.test(text) ? "zh" : "en");

// Sets the language of everything that is drawn from now on.
export function setLanguage(name) {
  chosen = name === "zh" ? "zh" : "en";
}

// A text by its key, with {names} filled in. An unknown key comes back as it is.
export function t(key, values = {}) {
  const pair = TEXTS[key];
  if (!pair) return key;
  const text = pair[chosen === "zh" ? 1 : 0];
  const one = chosen === "en" && values.n === 1 && pair[2] ? pair[2] : text;
  return one.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

// A text that leads on to something: with a space behind it, unless it ends as Chinese does.
export function lead(key, values) {
  const text = t(key, values);
  return text.endsWith("：") ? text : `${text} `;
}

// Seconds in words: spell(75) → "1 min 15 s"
export function spell(seconds) {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = t("seconds", { n: whole % 60 });
  return minutes ? `${t("minutes", { n: minutes })} ${rest}` : rest;
}

// ordinal(2) → "2nd" or "第2"
export function ordinal(n) {
  if (chosen === "zh") return `第${n}`;
  const ending = n % 100 >= 11 && n % 100 <= 13 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[n % 10] || "th";
  return `${n}${ending}`;
}

// A chance as a modest statement: oddsOf(0.9) → "Such answers are right in about 9 of 10 cases."
export function oddsOf(chance) {
  const [right, of] = chance >= 0.95 ? [19, 20] : [Math.max(1, Math.min(9, Math.round(chance * 10))), 10];
  return t("odds", { right, of });
}

// Lines that the server writes in English, known by their beginning, in Chinese where the desk is Chinese.
const told = (patterns) => (line) => {
  if (chosen === "en") return line;
  const found = patterns.find(([pattern]) => pattern.test(line));
  return found ? line.replace(found[0], found[1]) : line;
};

export const toldDoubt = told([
  [/^a sentence breaks off at character (\d+)$/, "第 $1 个字处句子中断"],
  [/^no headline found$/, "没有找到标题"],
]);
export const toldWarning = told([
  [/^left out, as no sentence holds it: /, "没有原文支持，已略去："],
  [/^recognised from a picture with low confidence, compare the page: /, "图像识别把握不大，请与原页核对："],
]);
export const toldCheck = (line) => {
  const short = /^\[(\d+)\] stands in its (article|page)$/.exec(line);
  if (short) return t(`check_${short[2]}`, { number: short[1] });
  const row = /^\[(\d+)\] holds the (figure|words) of row (\d+)$/.exec(line);
  if (row) return t(`check_row_${row[2]}`, { number: row[1], row: row[3] });
  const result = /^the (.+?) (follows from its rows|is stated as it was worked out)$/.exec(line);
  if (result) {
    const name = t(`op_${result[1].replaceAll(" ", "_")}`);
    return t(result[2].startsWith("follows") ? "check_follows" : "check_stated", { name });
  }
  return line === "every figure of the answer stands in a quotation" ? t("check_figures") : line;
};
