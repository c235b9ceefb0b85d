// Who is signed in, for every page.
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from "react";
import { currentUser, signOut, type User } from "../api/session";

interface Session {
  /** undefined: not known yet. null: nobody. */
  user: User | null | undefined;
  /** Ask the server again. */
  refresh: () => Promise<void>;
  leave: () => Promise<void>;
}

const Context = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(Context);
  if (!session) throw new Error("useSession outside of SessionProvider");
  return session;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [user, setUser] = useState<User | null>();
  const refresh = useCallback(async () => {
    try {
      setUser(await currentUser());
    } catch {
      // Nothing answers: whoever was signed in still is, and the live connection tells that it is lost.
      setUser((known) => known ?? null);
    }
  }, []);
  const leave = useCallback(async () => {
    await signOut();
    setUser(null);
  }, []);
  useEffect(() => {
    void refresh();
  }, [refresh]);
  const session = useMemo(() => ({ user, refresh, leave }), [user, refresh, leave]);
  return <Context value={session}>{children}</Context>;
}
