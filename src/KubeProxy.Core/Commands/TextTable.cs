using System.Text;

namespace KubeProxy.Core.Commands;

/// <summary>Lines of aligned columns, two blanks apart; a column as wide as its widest cell, so that nothing is cut.</summary>
internal sealed class TextTable
{
    private readonly List<string[]> _rows = [];
    private readonly bool[] _isNumber;

    /// <summary>Starts with the headings; a heading that begins with '#' (not shown) aligns its column to the right.</summary>
    public TextTable(params string[] headings)
    {
        _isNumber = Array.ConvertAll(headings, heading => heading.StartsWith('#'));
        _rows.Add(Array.ConvertAll(headings, heading => heading.TrimStart('#')));
    }

    /// <summary>Adds a line.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Writes all lines, each behind an indent.</summary>
    public void WriteTo(StringBuilder text, string indent)
    {
        int[] widths = new int[_isNumber.Length];
        foreach (string[] row in _rows)
        {
            for (int i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], row[i].Length);
        }

        foreach (string[] row in _rows)
        {
            var line = new StringBuilder(indent);
            for (int i = 0; i < row.Length; i++)
            {
                if (i > 0) line.Append("  ");
                line.Append(_isNumber[i] ? row[i].PadLeft(widths[i]) : row[i].PadRight(widths[i]));
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
    }
}
