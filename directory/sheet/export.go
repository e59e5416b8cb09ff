package sheet

const instructionsSheet = "Instructions"
