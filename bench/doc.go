// Package bench makes a country's worth of invented providers and holds the search for the nearest against it: that it reads few
// pages however much there is, and that its answers are those of a plain computation. The program in bench/nearby compares its
// speed over HTTP with the raw database and with PostGraphile, the one in bench/sizes that among few with that among many. Times are printed and never asserted; only ratios within one run mean anything.
package bench
