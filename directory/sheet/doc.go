// Package sheet brings the catalogue in from files and writes it out to files: HSDS JSON, the HSDS tabular data package in the names
// of its versions 2 and 3, and our own template as CSV or Excel.
//
// Every format is read row by row into records, which are cleaned and laid down in the database; then they are put together
// organization by organization, checked and written in one transaction, which a dry run rolls back. What is wrong with a row is a
// finding in the report. Each row of a file ends in exactly one outcome, so that the counts add up to the rows; nothing that was read is
// passed over in silence.
package sheet
