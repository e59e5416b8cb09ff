package text_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tahweel/internal/text"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"hamza on alef", "أريحا إربد آبل ٱلقدس", "اريحا اربد ابل القدس"},
		{"alef maqsura", "مصطفى", "مصطفي"},
		{"ta marbuta", "قطنة", "قطنه"},
		{"vowel marks", "الخَلِيلُ", "الخليل"},
		{"shadda and superscript alef", "محمّد هٰذا", "محمد هذا"},
		{"tatweel", "يــطــا", "يطا"},
		{"ligature", "ﻻ ﷲ", "لا الله"},
		{"presentation forms", "ﻳﻄﺎ", "يطا"},
		{"Persian keyboard", "کفر عقب یطا", "كفر عقب يطا"},
		{"Arabic-Indic digits", "حي ١٢٣", "حي 123"},
		{"Persian digits", "حي ۴۵۶", "حي 456"},
		{"full-width", "Ｙａｔｔａ　１", "yatta 1"},
		{"case", "BEIT Hanun", "beit hanun"},
		{"hyphens and dashes", "Al-Bireh – Beit—Hanun", "al bireh beit hanun"},
		{"apostrophes", "Shu'fat ʿAnata Jabaʾ ’Aqqaba `Ayda´", "shufat anata jaba aqqaba ayda"},
		{"white space", "  \tبيت \u00a0 حانون\r\n", "بيت حانون"},
		{"direction marks", "\u200fيطا\u200e \u202bx\u202c\ufeff", "يطا x"},
		{"nothing", " '\u0640 ", ""},
		{"ؤ and ئ stay", "مؤسسة هيئة", "مؤسسه هيئه"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := text.Normalise(c.in); got != c.want {
				t.Errorf("Normalise(%+q) = %+q, want %+q", c.in, got, c.want)
			}
		})
	}
}

// A mark may stand behind any letter, and a normalised text is its own normal form.
func TestNormaliseProperties(t *testing.T) {
	t.Parallel()
	letters := rapid.StringOf(rapid.RuneFrom([]rune("أإآٱاىيیکكةهبتجحدرسصطعغفقلمنوؤئءabzABZ019٠٩۰۹ -'ʿ\t\u00a0")))
	marks := rapid.RuneFrom([]rune{0x064B, 0x064E, 0x0651, 0x0652, 0x0654, 0x0670, 0x0640, 0x200F, 0x02BF})
	rapid.Check(t, func(t *rapid.T) {
		plain := letters.Draw(t, "plain")
		want := text.Normalise(plain)
		if again := text.Normalise(want); again != want {
			t.Fatalf("normalised twice: %+q, once: %+q", again, want)
		}
		marked := plain + string(marks.Draw(t, "mark"))
		if got := text.Normalise(marked); got != want {
			t.Fatalf("Normalise(%+q) = %+q, without the mark %+q", marked, got, want)
		}
		if strings.ToLower(want) != want || strings.TrimSpace(want) != want || strings.Contains(want, "  ") {
			t.Fatalf("%+q is not lower case with single spaces", want)
		}
	})
}
