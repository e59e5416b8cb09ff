// Package arch holds the import table of the repository as a test, and nothing else.
package arch
