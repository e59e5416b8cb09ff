package policy

// What the tests look into.
var (
	Compile   = compile
	ModelText = modelText
	RulesText = rulesText
)
