// Lets the parts of the desk hear of one another without importing each other.

const listeners = new Map();

// Calls f with what is told whenever the named thing happens.
export function on(name, f) {
  listeners.set(name, [...(listeners.get(name) || []), f]);
}

// Tells everyone who listens.
export function emit(name, told) {
  for (const f of listeners.get(name) || []) f(told);
}
