// What stays on this machine: conversations in IndexedDB, small settings in localStorage.

const memory = new Map();
let opened = null;

// Opens the database once; null where the browser forbids it (then memory serves).
function database() {
  opened =
    opened ||
    new Promise((resolve) => {
      let request;
      try {
        request = indexedDB.open("wenbao", 1);
      } catch {
        return resolve(null);
      }
      request.onupgradeneeded = () => request.result.createObjectStore("conversations", { keyPath: "id" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
      return null;
    });
  return opened;
}

// Runs one request in a transaction of its own.
async function run(mode, make, otherwise) {
  const base = await database();
  if (!base) return otherwise();
  return new Promise((resolve, reject) => {
    const request = make(base.transaction("conversations", mode).objectStore("conversations"));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// All conversations, the latest first.
export async function allConversations() {
  const found = await run(
    "readonly",
    (s) => s.getAll(),
    () => [...memory.values()],
  );
  return found.sort((a, b) => b.updated - a.updated);
}

// One conversation, or undefined.
export const getConversation = (id) =>
  run(
    "readonly",
    (s) => s.get(id),
    () => memory.get(id),
  );

// Keeps a conversation as it is now.
export function putConversation(conversation) {
  const plain = structuredClone(conversation);
  return run(
    "readwrite",
    (s) => s.put(plain),
    () => memory.set(plain.id, plain),
  );
}

// Forgets a conversation.
export const deleteConversation = (id) =>
  run(
    "readwrite",
    (s) => s.delete(id),
    () => memory.delete(id),
  );

// A setting; `otherwise` where there is none or storage is forbidden.
export function setting(key, otherwise = null) {
  try {
    const text = localStorage.getItem(`wenbao.${key}`);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

// Keeps a setting; null forgets it.
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(`wenbao.${key}`);
    else localStorage.setItem(`wenbao.${key}`, JSON.stringify(value));
  } catch {
    /* storage is full or forbidden: the setting lasts until the page closes */
  }
}

// Theme and language are kept as bare words: theme.js reads them before any module runs.
export function keepWord(key, value) {
  try {
    localStorage.setItem(`wenbao.${key}`, value);
  } catch {
    /* as above */
  }
}

// A bare word, or null.
export function word(key) {
  try {
    return localStorage.getItem(`wenbao.${key}`);
  } catch {
    return null;
  }
}
