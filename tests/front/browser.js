// As much of a browser as the scripts ask for when they are loaded. Import it first.

Object.defineProperty(globalThis, "localStorage", { value: { getItem: () => "nl", setItem: () => {} } });
