package geo

import (
	"time"
	_ "time/tzdata" // so that the day is the same on a machine without time zone data
)

var palestine = func() *time.Location {
	location, err := time.LoadLocation("Asia/Hebron")
	if err != nil {
		panic(err) // impossible: the data are in the program
	}
	return location
}()

// Today returns the calendar day that it is in Palestine at the instant now, as midnight UTC: the form in which dates are
// compared with each other and given to the database.
func Today(now time.Time) time.Time {
	year, month, day := now.In(palestine).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
