// Who is signed in.
import { ApiFailure, request } from "./http";

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
  const attempt = attempts.get(code) ?? request<User>("POST", PATH, { body: { code } });
  attempts.set(code, attempt);
  return attempt;
}

export function signOut(): Promise<unknown> {
  return request("DELETE", PATH);
}
