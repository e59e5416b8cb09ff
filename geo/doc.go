// Package geo knows where things are and who can get there: points, the localities of the West Bank and the Gaza Strip, their
// governorates, and the reach zones between which there is passage or none.
//
// Distance is not reach. Thirty-five kilometres lie between Beit Hanun and the nearest places of the West Bank, and no way: so
// a search asks Reach which zones a client can get to, and how much further than the straight line each is, before it looks at
// any distance. Zones and links are rows that operators edit and date; no rule about a particular zone is in the code.
//
// A place is found by its names in Arabic and English and by other spellings. A name that places in several governorates bear
// is ambiguous: the caller is asked which one is meant, never served a guess.
package geo
