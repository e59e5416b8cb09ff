package sheet

import (
	"context"
	"errors"
	"io"

	"github.com/xuri/excelize/v2"
)

// Limits of a workbook: what its parts unpack to, and from which size on a part waits in a temporary file.
const (
	workbookBytes = 512 << 20
	workbookPart  = 16 << 20
)

// readExcel reads the sheets of a workbook, each as a table. A sheet that holds the instructions is passed
// over, and so is one that is hidden, which is told.
func (g *gathering) readExcel(ctx context.Context, f file, b *budget, read func(context.Context, Place, rowReader) error) error {
	at := Place{File: f.name}
	content, err := f.open()
	if err != nil {
		g.note(at, "", "unreadable_file")
		return nil
	}
	defer func() { _ = content.Close() }()
	book, err := openWorkbook(b.limit(content), min(b.left, workbookBytes))
	if err != nil {
		g.files = append(g.files, at)
		code := "unreadable_file"
		if errors.Is(err, errTooLarge) {
			code = "file_too_large"
		}
		g.note(at, "", code)
		return nil
	}
	defer func() { _ = book.Close() }()
	for _, name := range book.GetSheetList() {
		visible, err := book.GetSheetVisible(name)
		if name == instructionsSheet {
			continue
		}
		if err == nil && !visible {
			g.note(Place{File: f.name, Sheet: name}, "", "hidden_sheet")
			continue
		}
		here := Place{File: f.name, Sheet: name}
		g.files = append(g.files, here)
		if err := g.survive(here, sheetRows(ctx, here, book, read)); err != nil {
			return err
		}
	}
	return nil
}

// openWorkbook opens a workbook and never panics: a file made to break the reader is a broken file.
func openWorkbook(r io.Reader, limit int64) (book *excelize.File, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &brokenFile{errors.New("the workbook cannot be read")}
		}
	}()
	return excelize.OpenReader(r, excelize.Options{UnzipSizeLimit: limit, UnzipXMLSizeLimit: min(limit, workbookPart), RawCellValue: true})
}

func sheetRows(ctx context.Context, at Place, book *excelize.File, read func(context.Context, Place, rowReader) error) (err error) {
	rows, err := book.Rows(at.Sheet)
	if err != nil {
		return broken(err)
	}
	defer func() { _ = rows.Close() }()
	return read(ctx, at, &sheetReader{rows: rows})
}

type sheetReader struct {
	rows *excelize.Rows
	line int
}

func (s *sheetReader) next() (row csvRow, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &brokenFile{errors.New("the sheet cannot be read")}
		}
	}()
	for s.rows.Next() {
		s.line++
		cells, err := s.rows.Columns()
		if err != nil {
			return csvRow{}, &brokenFile{err}
		}
		row := csvRow{line: s.line, cells: cells}
		if row.blank() {
			continue
		}
		for _, cell := range cells {
			if len(cell) > longestCell || len(cells) > mostCells {
				row.cells, row.broken = nil, "cell_too_long"
			}
		}
		return row, nil
	}
	if err := s.rows.Error(); err != nil {
		return csvRow{}, &brokenFile{err}
	}
	return csvRow{}, io.EOF
}
