// Talks to the server: JSON, files, and the stream of events of a question.

// One name for each window, so that the questions of one do not hold up those of another.
const CLIENT = crypto.getRandomValues(new Uint32Array(2)).join("-");

// An error of the server or of the way to it. `code` is the contract's snake_case word.
export class ApiError extends Error {
  constructor(code, message, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

// Sends a request and gives the Response; whatever is not fine becomes an ApiError.
async function send(path, { method = "GET", json, body, form, signal } = {}) {
  const headers = { Accept: "application/json", "X-Wenbao-Client": CLIENT };
  if (json !== undefined || body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      signal,
      body: form || body || (json === undefined ? undefined : JSON.stringify(json)),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("unreachable", "");
  }
  if (!response.ok) throw await failure(response);
  return response;
}

// Reads {"error": {"code", "message"}}, whatever else a proxy may have sent.
async function failure(response) {
  const told = await response.json().catch(() => null);
  const error = told?.error || {};
  const code =
    error.code || (response.status === 401 ? "token_needed" : response.status === 404 ? "not_found" : "failed");
  return new ApiError(code, error.message || `HTTP ${response.status}`, response.status);
}

// The JSON of an answer; null where there is none (204).
export async function call(path, options) {
  const response = await send(path, options);
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError("failed", `${path}: no JSON`, response.status);
  }
}

export const get = (path, signal) => call(path, { signal });
export const post = (path, json) => call(path, { method: "POST", json });
export const patch = (path, json) => call(path, { method: "PATCH", json });
export const remove = (path) => call(path, { method: "DELETE" });

// Sends files under one field name.
export function upload(path, field, files) {
  const form = new FormData();
  for (const file of files) form.append(field, file, file.name);
  return call(path, { method: "POST", form });
}

// "/api/x" and {a: 1, b: ""} → "/api/x?a=1"
export function address(path, params = {}) {
  const kept = Object.entries(params).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(kept).toString();
  return query ? `${path}?${query}` : path;
}

// The signed answer is sent on exactly as it came: parsing may change 1.0 into 1, and with it the signature.
export function withAnswer(raw, more) {
  return `{"answer":${raw},${JSON.stringify(more).slice(1)}`;
}

// Posts a body of raw JSON; gives the parsed answer.
export const postRaw = (path, body) => call(path, { method: "POST", body });

// Posts a body of raw JSON; gives the file that comes back and its name.
export async function fetchFile(path, body, otherwise) {
  const response = await send(path, { method: "POST", body });
  const told = response.headers.get("Content-Disposition") || "";
  const name = /filename\*=UTF-8''([^;]+)/i.exec(told);
  const plain = /filename="?([^";]+)"?/i.exec(told);
  return { blob: await response.blob(), name: name ? decodeURIComponent(name[1]) : plain ? plain[1] : otherwise };
}

// Asks a question; yields {event, data, raw} as they come. Ends after `answer`, throws on `error`.
// `operation`: what is to be done, such as "lookup"; by itself it is told from the question.
export async function* askStream(question, history, signal, operation = null) {
  const json = { question, history, stream: true, ...(operation && { operation }) };
  const response = await send("/api/ask", { method: "POST", json, signal });
  if (!(response.headers.get("Content-Type") || "").startsWith("text/event-stream")) {
    const raw = await response.text();
    yield { event: "answer", data: JSON.parse(raw), raw };
    return;
  }
  for await (const { event, raw } of events(response.body)) {
    const data = JSON.parse(raw);
    if (event === "error") throw new ApiError(data.error?.code || "failed", data.error?.message || "");
    yield { event, data, raw };
  }
}

// Splits a stream of bytes into server-sent events.
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error) => {
        throw broken(error);
      });
      waiting = (waiting + (done ? "\n\n" : value)).replace(/\r\n?/g, "\n");
      const blocks = waiting.split("\n\n");
      waiting = blocks.pop();
      for (const block of blocks) {
        const event = parse(block);
        if (event) yield event;
      }
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

// A broken connection in the middle of a stream.
const broken = (error) => (error.name === "AbortError" ? error : new ApiError("unreachable", ""));

// "event: draft\ndata: {…}" → {event, raw}; comments and empty blocks → null
function parse(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event, raw: data.join("\n") } : null;
}
