package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

var (
	bomUTF8 = []byte{0xEF, 0xBB, 0xBF}
	bomLE   = []byte{0xFF, 0xFE}
	bomBE   = []byte{0xFE, 0xFF}
)

const (
	longestLine  = 1 << 20 // bytes
	longestCell  = 1 << 16 // bytes
	mostCells    = 1000    // in a row
	longestQuote = 200     // lines that one quoted cell may go over; beyond, its quotation mark was left open
)

// csvReader reads the rows of a delimited text. It is not encoding/csv because that reads on to the end of the file where a quotation
// mark is left open: here the one row is broken and the next line is a row again.
type csvReader struct {
	r         *bufio.Reader
	separator byte
	utf16     func([]byte) uint16
	ahead     []string // lines that were read and given back
	line      int      // number of the line last read
	legacy    bool     // some line was not UTF-8
	eof       bool
}

func newCSV(r io.Reader) *csvReader {
	c := &csvReader{r: bufio.NewReaderSize(r, 64<<10)}
	head, _ := c.r.Peek(3)
	switch {
	case bytes.HasPrefix(head, bomUTF8):
		_, _ = c.r.Discard(3)
	case bytes.HasPrefix(head, bomLE):
		_, _ = c.r.Discard(2)
		c.utf16 = func(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
	case bytes.HasPrefix(head, bomBE):
		_, _ = c.r.Discard(2)
		c.utf16 = func(b []byte) uint16 { return uint16(b[1]) | uint16(b[0])<<8 }
	}
	ahead, _ := c.r.Peek(32 << 10)
	c.separator = separatorOf(ahead)
	return c
}

// csvRow is one row. A broken one has no cells.
type csvRow struct {
	line   int
	cells  []string
	broken string // the code of what is wrong with it
}

func (r csvRow) blank() bool {
	for _, cell := range r.cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return r.broken == ""
}

// next returns the next row that is not blank, and io.EOF after the last.
func (c *csvReader) next() (csvRow, error) {
	for {
		row, err := c.row()
		if err != nil || !row.blank() {
			return row, err
		}
	}
}

func (c *csvReader) row() (csvRow, error) {
	first, err := c.readLine()
	if err != nil {
		return csvRow{}, err
	}
	row := csvRow{line: c.line}
	if len(first) > longestLine {
		row.broken = "cell_too_long"
		return row, nil
	}
	text, taken := first, []string{}
	for {
		cells, open := split(text, c.separator)
		if !open {
			row.cells = cells
			if len(cells) > mostCells {
				row.cells, row.broken = nil, "cell_too_long"
			}
			for _, cell := range cells {
				if len(cell) > longestCell {
					row.cells, row.broken = nil, "cell_too_long"
				}
			}
			return row, nil
		}
		more, err := c.readLine()
		if err != nil && !errors.Is(err, io.EOF) {
			return csvRow{}, err
		}
		if err != nil || len(taken) == longestQuote || len(text)+len(more) > longestLine {
			if err == nil {
				taken = append(taken, more)
			}
			c.giveBack(taken)
			row.broken = "broken_quotes"
			return row, nil
		}
		taken = append(taken, more)
		text += "\n" + more
	}
}

// giveBack returns the lines that a quotation mark swallowed, so that they are rows of their own.
func (c *csvReader) giveBack(lines []string) {
	c.line -= len(lines)
	c.ahead = append(append([]string{}, lines...), c.ahead...)
}

// split takes a row apart; open says that a quoted cell goes on in the next line. A quotation mark in the middle of a cell is a
// character like any other.
func split(text string, separator byte) (cells []string, open bool) {
	var cell strings.Builder
	quoted, started := false, false
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case quoted && ch == '"' && i+1 < len(text) && text[i+1] == '"':
			cell.WriteByte('"')
			i++
		case quoted && ch == '"':
			quoted = false
		case quoted:
			cell.WriteByte(ch)
		case ch == '"' && !started:
			quoted, started = true, true
		case ch == separator:
			cells = append(cells, cell.String())
			cell.Reset()
			started = false
			continue
		default:
			cell.WriteByte(ch)
			started = started || ch != ' '
			if cell.Len() > 0 && !started {
				cell.Reset() // spaces before a quotation mark
			}
		}
	}
	return append(cells, cell.String()), quoted
}

// separatorOf is what stands between the cells: of comma, semicolon, tab and bar the one of which a line near the top has the most. The
// header need not be the first line.
func separatorOf(ahead []byte) byte {
	best, most := byte(','), 0
	for i, line := range bytes.Split(ahead, []byte("\n")) {
		if i > headerWithin {
			break
		}
		for _, candidate := range []byte(",;\t|") {
			if n := bytes.Count(line, []byte{candidate}); n > most {
				best, most = candidate, n
			}
		}
	}
	return best
}

// readLine returns the next line as valid UTF-8, without its end. A line longer than longestLine is cut.
func (c *csvReader) readLine() (string, error) {
	if len(c.ahead) > 0 {
		line := c.ahead[0]
		c.ahead = c.ahead[1:]
		c.line++
		return line, nil
	}
	if c.eof {
		return "", io.EOF
	}
	var line []byte
	var err error
	if c.utf16 != nil {
		line, err = c.wideLine()
	} else {
		line, err = c.bytesLine()
	}
	if errors.Is(err, io.EOF) {
		c.eof = true
		if len(line) == 0 {
			return "", io.EOF
		}
		err = nil
	}
	if err != nil {
		return "", err
	}
	c.line++
	return c.decode(bytes.TrimRight(line, "\r\n")), nil
}

func (c *csvReader) bytesLine() ([]byte, error) {
	var line []byte
	for {
		part, err := c.r.ReadSlice('\n')
		if len(line) <= longestLine {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (c *csvReader) wideLine() ([]byte, error) {
	var units []uint16
	for {
		var pair [2]byte
		if _, err := io.ReadFull(c.r, pair[:]); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF
			}
			return []byte(string(utf16.Decode(units))), err
		}
		unit := c.utf16(pair[:])
		if unit == '\n' {
			return []byte(string(utf16.Decode(units)) + "\n"), nil
		}
		if len(units) <= longestLine {
			units = append(units, unit)
		}
	}
}

// decode reads a line that is not UTF-8 as Windows-1256, in which Arabic Windows still writes. Each line is looked at for itself, so
// that one bad line does not spoil the others.
func (c *csvReader) decode(line []byte) string {
	if utf8.Valid(line) {
		return string(line)
	}
	c.legacy = true
	text, err := charmap.Windows1256.NewDecoder().Bytes(line)
	if err != nil {
		return strings.ToValidUTF8(string(line), "\uFFFD")
	}
	return string(text)
}
