export interface NamedGate {
  /** Resolves when somebody stands at the gate. */
  reached: Promise<void>;
  wait: () => Promise<void>;
  open: () => void;
}

/** Gates by name: who comes to one waits until it is opened, for good. */
export function createGates(): (name: string) => NamedGate {
  const gates = new Map<string, NamedGate>();
  return (name) => {
    const known = gates.get(name);
    if (known) return known;
    let reach = () => {};
    let open = () => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const gate: NamedGate = {
      reached,
      open,
      wait() {
        reach();
        return opened;
      },
    };
    gates.set(name, gate);
    return gate;
  };
}

export type Gates = ReturnType<typeof createGates>;
