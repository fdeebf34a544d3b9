using System.Globalization;
using KubeProxy.Core.Commands;
using KubeProxy.Core.Services;
using KubeProxy.Core.Tests.Services;
using KubeProxy.Fuzz.Engine;

namespace KubeProxy.Fuzz.Lines;

/// <summary>
/// A catalog under lines that users type, over a data plane that fails where it is told to, and what must hold after each: a line is done completely, or
/// nothing has changed and the error names what is wrong.
/// </summary>
internal sealed class CatalogScene : IDisposable
{
    private const int LongestMessage = 1000;
    private const int EachStep = -1;
    private const int MostSteps = 40;
    private const uint Slots = 48;
    private const uint Vips = 10;
    private static readonly int Room = CountRoom();
    private readonly CatalogFixture _fixture = new(Vips, Vips, Slots);
    private readonly int _blocksAtStart;
    private string _state;

    public CatalogScene()
    {
        _blocksAtStart = _fixture.Plane.BlockCount;
        _fixture.Plane.ProbeAnswer = request => new ProbeView("unknown port", 0, request.Destination, null, IsRemembered: false, ChoiceHash: 7);
        _state = _fixture.Describe();
    }

    private FakeDataPlane Plane => _fixture.Plane;

    /// <summary>
    /// Runs a line. <c>!3 ku ...</c>: the third step of the data plane that can fail does; <c>!* ku ...</c>: each of them in turn, then none. <c>@pass 5</c>, <c>@sessions 3</c>, <c>@hold</c>,
    /// <c>@settle</c>: what happens beside commands.
    /// </summary>
    public void Run(string line)
    {
        if (line.StartsWith('@'))
        {
            Happen(line);
            _state = _fixture.Describe();
            return;
        }

        int failAfter = 0;
        if (line.StartsWith('!')) (failAfter, line) = SplitFailure(line);
        if (CommandFinder.Find(_fixture.Commands, line) is not (Command command, string arguments)) return;
        for (int step = 1; failAfter == EachStep && step <= MostSteps; step++)
            if (!Run(command, arguments, step)) return;
        _ = Run(command, arguments, failAfter == EachStep ? 0 : failAfter);
    }

    /// <summary>Everything is taken away: nothing is left of it.</summary>
    public void TakeAllAway()
    {
        Plane.SessionCounts.Clear();
        foreach (Vip vip in _fixture.Catalog.Vips.OrderBy(vip => vip.SameAs is null).ToList())
        {
            if (vip.SameAs is not null) _ = _fixture.Run($"ku vip {vip.Prefix}{VipKey.TableWords(vip.Table)} del");
            foreach (Service service in vip.SameAs is null ? vip.Services.ToList() : [])
                _ = _fixture.Run($"ku vip {vip.Prefix} {service.Key.Words}{VipKey.TableWords(vip.Table)} del");
        }

        Plane.HoldsRetired = false;
        Plane.SessionCounts.Clear();
        Plane.PassQuiescentPoint();
        _fixture.Catalog.Maintain();
        Plane.PassQuiescentPoint();
        if (_fixture.Catalog.VipCount != 0 || Plane.InstalledVips.Count != 0) throw new FindingException("a VIP is left that was deleted");
        if (Plane.FollowedPods.Count != 0) throw new FindingException("a pod is left that was deleted");
        if (Plane.NodePorts.Count != 0) throw new FindingException("a node port is left that was deleted");
        if (_fixture.Catalog.UsedPodSlotCount != 0) throw new FindingException("a pod's slot was not given back");
        if (Plane.BlockCount > Math.Max(1, _blocksAtStart)) throw new FindingException($"{Plane.BlockCount} blocks of memory are left");
    }

    /// <summary>There is room for as many VIPs and services as at first: no slot was lost.</summary>
    public void CheckRoom()
    {
        int room = FillUp();
        if (room != Room) throw new FindingException($"there was room for {Room} VIPs, and now for {room}");
    }

    public void Dispose() => _fixture.Dispose();

    private static int CountRoom()
    {
        using var scene = new CatalogScene();
        return scene.FillUp();
    }

    private int FillUp()
    {
        for (int number = 0; ; number++)
        {
            try
            {
                _ = _fixture.Run($"ku vip 50.0.0.{number} port 80 protocol tcp new_len 1");
            }
            catch (CommandException)
            {
                return number;
            }
        }
    }

    /// <summary>True when the step that was to fail was reached.</summary>
    private bool Run(Command command, string arguments, int failAfter)
    {
        Plane.FailAfter = failAfter;
        string? error = Try(command, arguments, out string text);
        bool hasFailed = failAfter != 0 && Plane.FailAfter == 0;
        Plane.FailAfter = 0;
        if (error is null) CheckDone(command, text, hasFailed);
        else CheckRefused(error, arguments, hasFailed);
        return hasFailed;
    }

    private static (int FailAfter, string Line) SplitFailure(string line)
    {
        int blank = line.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0) return (0, string.Empty);
        if (line.StartsWith("!* ", StringComparison.Ordinal)) return (EachStep, line[3..]);
        bool isNumber = int.TryParse(line.AsSpan(1, blank - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        return (isNumber ? Math.Min(number, 1000) : 0, line[(blank + 1)..]);
    }

    private static string? Try(Command command, string arguments, out string text)
    {
        text = string.Empty;
        try
        {
            text = command.Run(arguments);
            return null;
        }
        catch (CommandException exception)
        {
            return exception.Message;
        }
    }

    private void CheckDone(Command command, string text, bool hasFailed)
    {
        if (hasFailed) throw new FindingException($"{command.Path} says nothing of a step that has failed");
        CheckText(text);
        string state = _fixture.Describe();
        if (command.Path.StartsWith("show", StringComparison.Ordinal) && state != _state) throw new FindingException($"{command.Path} has changed something");
        _state = state;
    }

    private void CheckRefused(string error, string arguments, bool hasFailed)
    {
        if (_fixture.Describe() != _state) throw new FindingException("a refused line has changed something");
        if (error.Length is 0 or > LongestMessage) throw new FindingException($"an error of {error.Length} letters");
        CheckText(error);
        if (!hasFailed && !Blame.IsNamed(error, arguments)) throw new FindingException("an error names no word of its line", new InvalidOperationException($"\"{arguments}\": {error}"));
    }

    private static void CheckText(string text)
    {
        foreach (char letter in text)
            if (letter is not ('\n' or (>= ' ' and <= '~'))) throw new FindingException("a text that is not plain");
    }

    private void Happen(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _ = uint.TryParse(words.Length > 1 ? words[1] : "1", NumberStyles.None, CultureInfo.InvariantCulture, out uint number);
        switch (words[0])
        {
            case "@pass":
                Plane.Now += TimeSpan.FromSeconds(number % 1_000_000);
                _fixture.Catalog.Maintain();
                break;
            case "@sessions": Plane.SessionCounts[(number % (Slots - 1)) + 1] = 1; break;
            case "@hold": Plane.HoldsRetired = true; break;
            case "@settle":
                Plane.SessionCounts.Clear();
                Plane.HoldsRetired = false;
                Plane.PassQuiescentPoint();
                _fixture.Catalog.Maintain();
                break;
        }
    }
}
