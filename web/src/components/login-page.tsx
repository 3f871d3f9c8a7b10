import { useState } from "react";
import { login } from "../lib/api.ts";
import { Button } from "./button.tsx";

/** Asks for the token the server was started with. */
export function LoginPage({ onLogin }: { onLogin: () => void }) {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string | null>(null);
  return (
    <main className="flex h-full items-center justify-center p-4">
      <form
        className="w-96 max-w-full rounded-xl border border-line bg-panel p-6"
        onSubmit={(event) => {
          event.preventDefault();
          void login(token).then((problem) => (problem === null ? onLogin() : setError(problem)));
        }}
      >
        <h1 className="font-semibold text-lg">Countersign</h1>
        <label className="mt-4 mb-1 block text-sm" htmlFor="token">
          Token of this server (COUNTERSIGN_TOKEN)
        </label>
        <input
          id="token"
          type="password"
          autoComplete="current-password"
          className="w-full rounded-lg border border-strong bg-bg px-2.5 py-1.5"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        {error ? (
          <p role="alert" className="mt-2 text-bad text-sm">
            {error}
          </p>
        ) : null}
        <Button type="submit" kind="primary" className="mt-4 w-full" disabled={token === ""}>
          Log in
        </Button>
      </form>
    </main>
  );
}
