// Who is signed in.
import { ApiFailure, request, Unreachable } from "./http";

export interface User {
  user: string;
  groups: string[];
}

const PATH = "/bouvier/v1/session";
const attempts = new Map<string, Promise<User>>();

/** The signed-in user, or null. */
export async function currentUser(): Promise<User | null> {
  try {
    return await request<User>("GET", PATH);
  } catch (error) {
    if (error instanceof ApiFailure && error.status.code === 401) return null;
    throw error;
  }
}

/** Change a one-time code into a session; a code that is being changed already is not sent twice. */
export function signIn(code: string): Promise<User> {
  const attempt = attempts.get(code) ?? redeem(code);
  attempts.set(code, attempt);
  return attempt;
}

async function redeem(code: string): Promise<User> {
  const send = () => request<User>("POST", PATH, { body: { code } });
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    // Only the answer may have been lost.
    return (await currentUser()) ?? (await send());
  }
}

export function signOut(): Promise<unknown> {
  return request("DELETE", PATH);
}
