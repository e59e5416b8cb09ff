// Package accreditation is the way of an organization into the network, as a process: the survey that finds it, the invitation, its
// application with documents and answers, the review, the decision of two persons or a committee, and what follows: conditions, notices,
// spot checks, renewal and appeal. The accreditation itself is a thing of the register, in package directory; here is how it comes about.
package accreditation
