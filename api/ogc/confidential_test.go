package ogc_test

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"tahweel/directory"
	"tahweel/geo"
)

var hrefs = regexp.MustCompile(`"href":"([^"]+)"`)

// crawl returns every byte that the map serves: all that links lead to from the landing page, and all tiles over the points.
func (w *world) crawl(points ...geo.Point) map[string]string {
	w.t.Helper()
	served := map[string]string{}
	queue := []string{w.base + "/ogc"}
	read := func(address string) {
		w.t.Helper()
		if _, seen := served[address]; seen {
			return
		}
		r := w.get(address, "Accept-Encoding", "identity")
		if r.status != http.StatusOK {
			w.t.Errorf("%s: %d %s", address, r.status, r.body)
		}
		served[address] = r.body
		for _, m := range hrefs.FindAllStringSubmatch(r.body, -1) {
			queue = append(queue, strings.ReplaceAll(m[1], `\u0026`, "&"))
		}
		if strings.HasSuffix(address, "/items") {
			for _, id := range regexp.MustCompile(`"id":"([^"]+)"`).FindAllStringSubmatch(r.body, 20) {
				queue = append(queue, address+"/"+id[1])
			}
		}
	}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		read(next)
	}
	for z := range 17 {
		for _, p := range points {
			n := math.Exp2(float64(z))
			lat := p.Lat() * math.Pi / 180
			read(fmt.Sprintf("%s/tiles/providers/%d/%d/%d.mvt", w.base, z, int((p.Lon()+180)/360*n), int((1-math.Asinh(math.Tan(lat))/math.Pi)/2*n)))
		}
	}
	return served
}

// TestNoByteTellsOfAConfidentialLocation: not its coordinates, its id or the name of what is given only there; and no tile over it that
// the open provider elsewhere does not explain. The control is the same place when it is open, which the same crawl finds everywhere.
func TestNoByteTellsOfAConfidentialLocation(t *testing.T) {
	t.Parallel()
	shelter := must(geo.NewPoint(31.98765, 35.43219))(t)
	for _, confidential := range []bool{true, false} {
		t.Run(fmt.Sprintf("confidential is %v", confidential), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o, _ := w.association()
			open := w.offer(o.ID, yatta, "DIS-PHYSIO", nil)
			hidden := w.offer(o.ID, jericho, "GBV-PSS", func(l *directory.Location) {
				l.Point, l.Confidential = shelter, confidential
				if confidential {
					l.Name = directory.Name{}
				}
			})
			served := w.crawl(shelter, must(geo.NewPoint(31.44714, 35.0992))(t))
			if len(served) < 60 || !strings.Contains(served[w.base+"/ogc/collections/providers/items"], open.ID.String()) {
				t.Fatalf("the crawl went to %d addresses only", len(served))
			}
			told := map[string]int{}
			for address, body := range served {
				for name, needle := range map[string]string{
					"latitude": "31.98765", "longitude": "35.43219", "id": hidden.ID.String(), "location": hidden.LocationID.String(),
					"service": hidden.ServiceID.String(), "need": "GBV-PSS",
				} {
					if strings.Contains(body, needle) {
						told[name]++
						if confidential {
							t.Errorf("%s tells the %s", address, name)
						}
					}
				}
				if strings.Contains(address, "/tiles/providers/12/") && strings.Contains(body, "Invented") && !strings.Contains(body, open.ID.String()) {
					told["tile"]++
					if confidential {
						t.Errorf("%s draws it", address)
					}
				}
			}
			if !confidential && (told["latitude"] == 0 || told["longitude"] == 0 || told["id"] == 0 || told["service"] == 0 || told["need"] == 0 || told["tile"] == 0) {
				t.Errorf("the crawl does not find what is open: %v", told)
			}
		})
	}
}
