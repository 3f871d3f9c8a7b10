import { type CSSProperties, createContext, type ReactNode, useCallback, useContext, useState } from "react";

/** Says something once to whoever listens instead of looking. */
export type Announce = (text: string) => void;

const Announcing = createContext<Announce>(() => {});

/** Ms within which the same words are the same news, told by two parts of the page. */
const sameMs = 1_000;

/** For ears alone, whatever styles the page has. */
const unseen: CSSProperties = {
  position: "absolute",
  width: 1,
  height: 1,
  margin: -1,
  padding: 0,
  border: 0,
  overflow: "hidden",
  clipPath: "inset(50%)",
  whiteSpace: "nowrap",
};

/** The one place where the components speak to screen readers: politely, one thing after the other, none twice. */
export function Announcer({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState({ text: "", at: 0 });
  const announce = useCallback((text: string) => {
    const at = Date.now();
    setSaid((before) => (before.text === text && at - before.at < sameMs ? before : { text, at }));
  }, []);
  return (
    <Announcing.Provider value={announce}>
      {children}
      <div aria-live="polite" data-testid="announcements" style={unseen}>
        {said.text === "" ? null : <p key={said.at}>{said.text}</p>}
      </div>
    </Announcing.Provider>
  );
}

export function useAnnounce(): Announce {
  return useContext(Announcing);
}
