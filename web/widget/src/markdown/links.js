/**
 * Hosts that links may lead to, in the spelling a browser compares.
 * @param {string[]} hosts
 */
export function hostSet(hosts) {
  /** @type {Set<string>} */
  const set = new Set();
  for (const host of hosts) {
    if (URL.canParse(`https://${host}`)) set.add(new URL(`https://${host}`).host);
  }
  return set;
}

/**
 * Where a link may lead: the address as the browser reads it, or null when it may not be followed.
 * Only https, only to the hosts named, never with a user or password before the host.
 * @param {string} address
 * @param {Set<string>} hosts
 */
export function safeAddress(address, hosts) {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const plain = url.protocol === "https:" && url.username === "" && url.password === "";
  return plain && hosts.has(url.host) ? url.href : null;
}
