// Package mou holds the instruments by which an organization may be sent referrals: the memorandum of an association, the order,
// protocol or letter of another body. Their terms are data, and the access policy follows from them: package mou reads which
// term covers an act and hands it to package policy, which decides. Quotas are counted here too.
package mou
