// Package directory is who offers which service where, and the search for a provider that can really serve a household. The nouns
// are those of HSDS 3.2: an organization offers services, a service is given at locations, and a service at a location is what a
// household is referred to.
//
// What may be found stands in the table provider_search: one row for each directorate that may refer, need, service at a place,
// memorandum term and reach. Every method that changes what the table is made of rebuilds the organization's part in the same
// transaction, so that a revoked accreditation or a full provider counts from the next request. Dates are compared when asked.
package directory
