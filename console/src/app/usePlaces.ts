import { PLACES, type Place } from "./places";
import { isAtHome, useServed } from "./served";

/** The pages whose kinds the shown cluster serves. */
export function usePlaces(): Place[] {
  const served = useServed();
  return PLACES.filter(
    ({ needs, isOfPlatform }) => (!isOfPlatform || isAtHome()) && (!needs || needs.some((one) => served.has(one))),
  );
}
