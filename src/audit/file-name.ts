/** An Incident's name is a valid file name already; anything else is made one. */
export function fileName(incident: string): string {
  return incident.replace(/[^a-z0-9.-]/gi, "_").replace(/^\.+/, "_");
}
