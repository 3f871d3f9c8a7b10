import { useRef } from "react";
import { createRoot } from "react-dom/client";

export const query = new URLSearchParams(location.search);

/** Keeps the thread in the address, so that a reload comes back to it. */
export function rememberThread(threadId) {
  history.replaceState(null, "", `?graph=${query.get("graph")}&thread=${threadId}`);
}

/** What a chat shows and offers, as plainly as can be. */
export function View({ messages, values, interrupts, isLoading, error, queued = [], actions }) {
  const say = useRef(null);
  const answer = useRef(null);
  return (
    <main>
      <ul aria-label="messages">
        {messages.map((message, index) => (
          <li key={message.id ?? index}>{textOf(message)}</li>
        ))}
      </ul>
      <output aria-label="values">{JSON.stringify(values)}</output>
      <ul aria-label="questions">
        {interrupts.map((interrupt, index) => (
          <li key={interrupt.id ?? index}>{JSON.stringify(interrupt.value ?? interrupt)}</li>
        ))}
      </ul>
      <ul aria-label="queued">
        {queued.map((entry) => (
          <li key={entry.id}>{entry.id}</li>
        ))}
      </ul>
      <output aria-label="state">{isLoading ? "running" : "still"}</output>
      <output aria-label="error">{error ? String(error.message ?? error) : ""}</output>
      <input aria-label="say" ref={say} />
      <textarea aria-label="answer" ref={answer} />
      {Object.entries(actions).map(([name, act]) => (
        <button
          key={name}
          type="button"
          onClick={() => {
            const text = say.current.value;
            const value = answer.current.value;
            Promise.resolve(act(text, value === "" ? undefined : JSON.parse(value))).catch(() => {});
          }}
        >
          {name}
        </button>
      ))}
    </main>
  );
}

function textOf({ content }) {
  if (typeof content === "string") return content;
  return content.map((block) => block.text ?? "").join("");
}

export function show(page) {
  createRoot(document.getElementById("root")).render(page);
}
