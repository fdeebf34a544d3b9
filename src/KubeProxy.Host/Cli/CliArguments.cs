using KubeProxy.Host.Ip;

namespace KubeProxy.Host.Cli;

/// <summary>Reads a command's arguments word by word. One pair of braces around all of them may be there, as VPP allows.</summary>
internal sealed class CliArguments
{
    private readonly string[] _words;
    private int _next;

    internal CliArguments(string text)
    {
        text = text.Trim();
        if (text.StartsWith('{') && text.EndsWith('}'))
            text = text[1..^1];
        _words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    internal bool IsEnd => _next == _words.Length;

    internal string Rest => string.Join(' ', _words[_next..]);

    internal CliException Unknown() => new($"unknown input `{CommandTree.Shown(Rest)}'");

    internal void ExpectEnd()
    {
        if (!IsEnd)
            throw Unknown();
    }

    internal bool TryWord(string word)
    {
        if (IsEnd || _words[_next] != word)
            return false;
        _next++;
        return true;
    }

    internal string Word(string what) => IsEnd ? throw new CliException($"expected {what}") : _words[_next++];

    internal uint Number(string what) => uint.TryParse(Word(what), out uint n) ? n : throw Back().Unknown();

    internal IpAddr Address(string what) => IpAddr.TryParse(Word(what), out IpAddr a) ? a : throw Back().Unknown();

    internal IpPrefix Prefix(string what) => IpPrefix.TryParse(Word(what), out IpPrefix p) ? p : throw Back().Unknown();

    internal MacAddress Mac(string what) => MacAddress.TryParse(Word(what), out MacAddress m) ? m : throw Back().Unknown();

    /// <summary>Undoes the last word, so that <see cref="Unknown"/> names it.</summary>
    internal CliArguments Back()
    {
        _next--;
        return this;
    }
}
