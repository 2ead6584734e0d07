// The list of operations, drawn from /openapi.json. Everything is set as text.

const make = (tag, props = {}, ...inside) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...inside);
  return node;
};

// The name of a JSON schema's type, with its bounds.
function typeOf(schema = {}, parts = {}) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map((one) => typeOf(one, parts)).join(" | ");
  if (schema.type === "array") return `[${typeOf(schema.items, parts)}]`;
  const bounds = ["minimum", "maximum", "maxLength", "pattern"].filter((name) => schema[name] !== undefined)
    .map((name) => `${name} ${schema[name]}`);
  return [schema.type ?? "any", ...bounds].join(", ");
}

function table(head, rows) {
  return make("table", {}, make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col", textContent: text })))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((text) => make("td", { textContent: text }))))));
}

// One operation: what it does, its parameters, its body, its answers.
function operation(path, method, told, schemas) {
  const box = make("details", {}, make("summary", {}, make("span", { className: "method", textContent: method.toUpperCase() }),
    make("code", { textContent: path })), make("p", { textContent: told.description ?? told.summary ?? "" }));
  if (told.parameters?.length) {
    box.append(table(["parameter", "type", "default"], told.parameters.map((one) => [
      one.name + (one.required ? " *" : ""), typeOf(one.schema), JSON.stringify(one.schema?.default) ?? ""])));
  }
  for (const [kind, { schema }] of Object.entries(told.requestBody?.content ?? {})) {
    const shape = schema?.$ref ? schemas[schema.$ref.split("/").pop()] : schema;
    box.append(make("p", {}, "body: ", make("code", { textContent: kind })));
    box.append(table(["field", "type", "default"], Object.entries(shape?.properties ?? {}).map(([name, one]) => [
      name + (shape.required?.includes(name) ? " *" : ""), typeOf(one), JSON.stringify(one.default) ?? ""])));
  }
  box.append(table(["status", "meaning"], Object.entries(told.responses).map(([status, one]) => [status, one.description])));
  return box;
}

const list = document.getElementById("operations");
const told = await (await fetch("/openapi.json")).json();
const groups = new Map();
for (const [path, methods] of Object.entries(told.paths)) {
  for (const [method, one] of Object.entries(methods)) {
    const group = one.tags?.[0] ?? "other";
    groups.set(group, [...(groups.get(group) ?? []), operation(path, method, one, told.components?.schemas ?? {})]);
  }
}
list.replaceChildren(...[...groups].map(([group, boxes]) => make("section", {}, make("h2", { textContent: group }), ...boxes)));
list.removeAttribute("aria-busy");
