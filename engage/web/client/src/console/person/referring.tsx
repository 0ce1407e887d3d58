// The steps of a referral, fetched when somebody refers: who helps, and what is agreed on and sent.
export { Directory } from "./directory";
export { Sending } from "./sending";
