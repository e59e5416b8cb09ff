package demo

import "github.com/google/uuid"

// space is the namespace of the demonstration's ids, RFC 9562 version 5: with ids that follow from keys an example that names one
// works on every machine.
var space = uuid.MustParse("2b3c5f0e-7a41-5c6d-9d1e-3f8a64b0c7d2")

// idOf returns the id of the thing of that kind with that key.
func idOf(kind, key string) uuid.UUID { return uuid.NewSHA1(space, []byte(kind+"/"+key)) }

func accountID(key string) uuid.UUID      { return idOf("account", key) }
func directorateID(code string) uuid.UUID { return idOf("directorate", code) }
func organizationID(key string) uuid.UUID { return idOf("organization", key) }
func serviceID(key string) uuid.UUID      { return idOf("service", key) }
func locationID(key string) uuid.UUID     { return idOf("location", key) }

// offerID is that of a service at a location; location is empty for a service by wire.
func offerID(service, location string) uuid.UUID { return idOf("offer", service+"@"+location) }

// clientKey is the key of the machine account of an organization.
func clientKey(organization string) string { return organization + "-client" }
