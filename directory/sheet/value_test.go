package sheet

import (
	"fmt"
	"testing"
)

func TestANumberIsReadByItsShape(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]float64{
		"1500": 1500, "1,500": 1500, "1,500,000": 1_500_000, "-1,500": -1500, "1,500.25": 1500.25, "1.500,25": 1500.25, "1.500.000": 1_500_000,
		"1,5": 1.5, "12,50": 12.5, "0,500": 0.5, "1,5000": 1.5, "1.500": 1.5, "31.447": 31.447, "1500,5": 1500.5, "1e3": 1000,
		"١٬٥٠٠": 1500, "١٫٥": 1.5, "١٫٥٠٠": 1.5, "١٬٥٠٠٫٢٥": 1500.25, "١,٥٠٠": 1500, "١,٥": 1.5, "۱٬۵۰۰": 1500, "١٥٠٠": 1500,
	} {
		if got, ok := number(given); !ok || got != want {
			t.Errorf("%s is read as %v %v, not as %v", given, got, ok, want)
		}
	}
	for _, given := range []string{"1,50,000", "1,500,00", "1.50.000", "1,500.000.000", "1.5,5.5", "١٬٥", "١٬٥٠", "١٫٥٫٥", "1,5,5", ",500", "1,", "abc", ""} {
		if got, ok := number(given); ok {
			t.Errorf("%q is guessed to be %v", given, got)
		}
	}
	for given, want := range map[string]float64{"31,447": 31.447, "٣١٫٤٤٧": 31.447, "٣١,٤٤٧": 31.447, "35.09": 35.09} {
		if got, ok := degree(given); !ok || got != want {
			t.Errorf("%s degrees are read as %v %v", given, got, ok)
		}
	}
}

// TestOpeningHoursAreReadInTheNamesOfTheDays reads each many times, as what goes by the order of a map goes right now and then.
func TestOpeningHoursAreReadInTheNamesOfTheDays(t *testing.T) {
	t.Parallel()
	for want, given := range map[string][]string{
		"MO": {"MO", "mo", "Mon", "mon", "Monday", "monday", "MONDAY", "الاثنين", "الإثنين", "اثنين", "إثنين", "الأثنين"},
		"TU": {"TU", "Tue", "tuesday", "الثلاثاء", "ثلاثاء"}, "WE": {"WE", "Wed", "wednesday", "الأربعاء", "الاربعاء", "أربعاء"},
		"TH": {"TH", "Thu", "thursday", "الخميس", "خميس"}, "FR": {"FR", "Fri", "friday", "الجمعة", "جمعة"},
		"SA": {"SA", "Sat", "saturday", "السبت", "سبت"}, "SU": {"SU", "Sun", "sunday", "الأحد", "الاحد", "أحد", "احد"},
		"SU,MO,TH": {"sunday, monday, thursday", "sun,mon,thu", "الأحد، الاثنين، الخميس", "أحد,اثنين,خميس", "SU,monday,الخميس"},
	} {
		for _, days := range given {
			for range 50 {
				hours, ok := hoursOf(days + " 08:00-15:00")
				if got := fmt.Sprint(hours); !ok || got != fmt.Sprint([]any{map[string]any{"freq": "WEEKLY", "byday": want, "opens_at": "08:00", "closes_at": "15:00"}}) {
					t.Errorf("%s is read as %v %v", days, got, ok)
					break
				}
			}
		}
	}
	for _, days := range []string{"Someday", "Mo-nday", "يوم", ""} {
		if hours, ok := hoursOf(days + " 08:00-15:00"); ok {
			t.Errorf("%q is read as %v", days, hours)
		}
	}
}
