// Package identity knows who asks: it signs and verifies access tokens, and turns a verified token into a policy.Actor by what the
// tables say of the account now. A token's claims may only narrow that (policy.md).
package identity
