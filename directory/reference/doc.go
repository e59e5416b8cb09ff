// Package reference keeps what the network stands on: directorates and their places, the national calendar and closures, reach zones
// and the ways between them, and where the network is rolled out. All of it is public to everybody who was identified; the
// administrator keeps it, and those who work somewhere announce its closures.
package reference
