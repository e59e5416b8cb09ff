// Package pg is the only door to the database. It opens the application's pool, applies the migrations, runs transactions in
// the name of an actor, speaks PostGIS geometry and turns driver errors into faults.
//
// Whoever acts is told to the database by transaction-local settings (tahweel.kind and its companions, see Actor), which the
// row-level security policies read. They are set in the same round trip as BEGIN and vanish with the transaction, so that a
// pooled connection never carries one caller's rights to the next.
package pg
