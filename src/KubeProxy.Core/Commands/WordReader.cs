using KubeProxy.Core.Services;

namespace KubeProxy.Core.Commands;

/// <summary>The words of a command line, one after the other, with errors that name the word at fault.</summary>
internal sealed class WordReader
{
    private const string Blanks = " \t\r\n\f\v";
    private readonly string _line;
    private readonly List<KeyValuePair<string, string>> _seen = [];
    private int _position;

    /// <summary>Starts at the first word.</summary>
    public WordReader(string line) => _line = line;

    /// <summary>The next word; false at the end.</summary>
    public bool TryNext(out string word)
    {
        while (_position < _line.Length && IsBlank(_line[_position])) _position++;
        int start = _position;
        while (_position < _line.Length && !IsBlank(_line[_position])) _position++;
        word = _line[start.._position];
        return word.Length > 0;
    }

    /// <summary>The next word if it is one of those that are meant; false, and nothing is read, if not or at the end.</summary>
    public bool TryNextIf(Predicate<string> isMeant, out string word)
    {
        int position = _position;
        if (TryNext(out word) && isMeant(word)) return true;
        _position = position;
        return false;
    }

    /// <summary>The next word, or an error that tells what is missing.</summary>
    public string Next(string missing) => TryNext(out string word) ? word : throw new CommandException(missing);

    /// <summary>The word after an option.</summary>
    public string ValueOf(string option) => Next($"option {option} needs a value");

    /// <summary>The number after an option.</summary>
    public uint NumberOf(string option, uint minimum, uint maximum) => Numbers.Parse(option, ValueOf(option), minimum, maximum);

    /// <summary>Refuses an option that was given before, or one that says the same thing.</summary>
    public void Once(string option, string meaning)
    {
        foreach ((string seen, string first) in _seen)
        {
            if (seen != meaning) continue;
            throw new CommandException(first == option ? $"option {option} is given twice" : $"option {option} contradicts {first}");
        }

        _seen.Add(KeyValuePair.Create(meaning, option));
    }

    /// <summary>Refuses an option that was given before.</summary>
    public void Once(string option) => Once(option, option);

    /// <summary>Refuses further words.</summary>
    public void End()
    {
        if (TryNext(out string word)) throw Unknown(word);
    }

    /// <summary>The error for a word that means nothing here.</summary>
    public static CommandException Unknown(string word) => new($"unknown word {Quote.Word(word)}");

    private static bool IsBlank(char character) => Blanks.Contains(character, StringComparison.Ordinal);
}
