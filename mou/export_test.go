package mou

// What the tests look into.
var Lifecycle = lifecycle
