// Addresses inside the desk, and places in articles as such addresses.

// "#/article/ID?start=3" → {path: ["article", "ID"], query}
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

// Broken escapes stay as they are.
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// link(["article", "ID"], {start: 3}) → "#/article/ID?start=3"
export function link(parts, params = {}) {
  const kept = Object.entries(params).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(kept).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

// A place is {article_id, field, item, start, end, quote, source}; start and end count characters.
export function hashOf(place) {
  const { field, item, start, end, quote = "", source, page_start, page_end } = place;
  return link(["article", place.article_id], {
    field,
    item: item || "",
    start,
    end,
    page_start,
    page_end,
    quote: [...quote].slice(0, 80).join(""),
    source,
  });
}

// The place that an address names.
export function placeOf(id, query) {
  const number = (key) => (query.has(key) && query.get(key) !== "" ? Number(query.get(key)) || 0 : undefined);
  return {
    article_id: id,
    field: query.get("field") || undefined,
    item: number("item") || 0,
    start: number("start"),
    end: number("end"),
    page_start: number("page_start"),
    page_end: number("page_end"),
    quote: query.get("quote") || "",
    source: query.get("source") || "",
  };
}

// The place of a citation, a figure's citation or a hit.
export function placeFrom(cited) {
  const { article_id, field = "text", item = 0, start, end, source } = cited;
  return { article_id, field, item, start, end, source, quote: cited.quote ?? cited.text ?? "" };
}
