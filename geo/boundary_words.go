package geo

import (
	"fmt"

	"tahweel/internal/fault"
)

// outcomeWords say what became of a feature.
var outcomeWords = map[BoundaryOutcome]fault.Sentence{
	BoundaryTaken:     {EN: "taken", AR: "أُخذت"},
	BoundaryRepaired:  {EN: "taken and repaired", AR: "أُخذت بعد إصلاحها"},
	BoundaryUnchanged: {EN: "is there already", AR: "موجودة مسبقا"},
	BoundaryUnknown:   {EN: "passed over: neither the p-code nor the name of one governorate is among its properties", AR: "تُركت: ليس بين خصائصها رمز محافظة واحدة أو اسمها"},
	BoundaryTwice:     {EN: "passed over: several features are of this governorate", AR: "تُركت: في الملف أكثر من معلم لهذه المحافظة"},
	BoundaryNoPolygon: {EN: "passed over: it has no polygon", AR: "تُركت: ليس لها مضلع"},
	BoundaryNoDegrees: {EN: "passed over: its coordinates are not degrees of WGS 84", AR: "تُركت: إحداثياتها ليست درجات WGS 84"},
	BoundaryElsewhere: {EN: "passed over: no place of this governorate lies in it; are longitude and latitude exchanged?", AR: "تُركت: لا يقع فيها أي تجمع من هذه المحافظة، فهل تبادل خطا الطول والعرض مكانيهما؟"},
}

// Sentence says what became of the feature, for a report to people.
func (row BoundaryRow) Sentence() fault.Sentence {
	words := outcomeWords[row.Outcome]
	line := fault.Sentence{
		EN: fmt.Sprintf("feature %d: %s %s: %s", row.Number, row.Governorate.Code, row.Governorate.Name.EN, words.EN),
		AR: fmt.Sprintf("المعلم %d: %s %s: %s", row.Number, row.Governorate.Code, row.Governorate.Name.AR, words.AR),
	}
	if row.Governorate.Code == "" {
		line = fault.Sentence{EN: fmt.Sprintf("feature %d: %s", row.Number, words.EN), AR: fmt.Sprintf("المعلم %d: %s", row.Number, words.AR)}
	}
	if row.Reason != "" {
		line.EN, line.AR = line.EN+" ("+row.Reason+")", line.AR+" ("+row.Reason+")"
	}
	if row.Outcome.Taken() {
		line.EN += fmt.Sprintf(", %.1f km², %d of %d places outside", row.SquareKM, row.Outside, row.Places)
		line.AR += fmt.Sprintf("، %.1f كم²، خارجها %d من %d من التجمعات", row.SquareKM, row.Outside, row.Places)
	}
	if row.ByName {
		line.EN, line.AR = line.EN+", recognised by its name", line.AR+"، عُرفت باسمها"
	}
	return line
}
