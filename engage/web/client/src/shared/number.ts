/** A number as people here read it: (602) 555-0110; one of elsewhere as it is. */
export function spaced(number: string): string {
  return number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "($1) $2-$3");
}
