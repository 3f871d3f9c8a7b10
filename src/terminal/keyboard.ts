import { emitKeypressEvents } from "node:readline";

/** A key as it was pressed: `name` is `a`, `return`, `escape`, `up`, …; `text` is what it types, if anything. */
export interface Key {
  name: string;
  text: string;
  ctrl?: boolean;
  meta?: boolean;
}

interface NodeKey {
  name?: string;
  sequence?: string;
  ctrl?: boolean;
  meta?: boolean;
}

/**
 * Keys one by one, without echo. What is pasted comes as one key named `paste`.
 *
 * @returns How to stop listening; the terminal is then as it was.
 */
export function listenToKeys(stdin: NodeJS.ReadStream, heard: (key: Key) => void): () => void {
  let pasted: string | undefined;
  const onKey = (text: string | undefined, { name = "", sequence = "", ctrl, meta }: NodeKey) => {
    if (name === "paste-start") pasted = "";
    else if (name === "paste-end") {
      const whole = pasted ?? "";
      pasted = undefined;
      if (whole !== "") heard({ name: "paste", text: whole.replace(/\r\n?/g, "\n") });
    } else if (pasted !== undefined) pasted += text ?? sequence;
    else heard(toKey(text, { name, ctrl: ctrl ?? false, meta: meta ?? false }));
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.on("keypress", onKey);
  stdin.resume();
  return () => {
    stdin.off("keypress", onKey);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

function toKey(text: string | undefined, { name, ctrl, meta }: Required<Omit<NodeKey, "sequence">>): Key {
  const types = !ctrl && !meta && text !== undefined && !/\p{Cc}/u.test(text) ? text : "";
  return { name: name === "" ? types : name, text: types, ctrl, meta };
}
