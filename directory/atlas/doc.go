// Package atlas is what the public map shows: the services of listed organizations at open locations, the places, the governorates and
// the reach zones, as features for programs that draw maps and as vector tiles for those that show them in a browser.
//
// Whoever looks at a map is nobody: everything is read without an account, so that row-level security shows nothing that is private,
// and from tables that are never made of confidential locations. What is shown is compared with the day each time; no nightly job
// decides whether an organization is listed.
package atlas
