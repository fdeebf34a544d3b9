using KubeProxy.Bench.Vpp.Contenders;
using KubeProxy.Bench.Vpp.Measuring;
using KubeProxy.Bench.Vpp.Traffic;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace KubeProxy.Bench.Vpp.Report;

/// <summary>Clocks over the number of flows as a picture: a line for each contender and way.</summary>
internal static class FlowPlot
{
    private const int Width = 900;
    private const int Height = 540;

    private static readonly IReadOnlyDictionary<string, OxyColor> Colors = new Dictionary<string, OxyColor>
    {
        [KubeProxyContender.ContenderName] = OxyColors.RoyalBlue,
        [KubeProxyContender.Ip6Name] = OxyColors.SkyBlue,
        [LbContender.ContenderName] = OxyColors.DarkOrange,
        [CnatContender.ContenderName] = OxyColors.Firebrick,
    };

    /// <summary>An SVG of the workload that was measured with most numbers of flows; null when none was measured with two.</summary>
    public static string? Write(Results results)
    {
        Measured[] series = [.. results.All
            .Where(measured => measured.Way is Way.Forward or Way.Return)
            .GroupBy(measured => measured.Load with { Flows = 1 })
            .MaxBy(group => group.Select(measured => measured.Load.Flows).Distinct().Count()) ?? Enumerable.Empty<Measured>()];
        return series.Select(measured => measured.Load.Flows).Distinct().Count() < 2
            ? null
            : new SvgExporter { Width = Width, Height = Height }.ExportToString(Draw(series));
    }

    private static PlotModel Draw(Measured[] series)
    {
        PlotModel plot = new() { Title = "Clocks per packet over flows", Background = OxyColors.White };
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.TopLeft });
        plot.Axes.Add(Logarithmic(AxisPosition.Bottom, "flows"));
        plot.Axes.Add(Logarithmic(AxisPosition.Left, "clocks per packet (median)"));
        foreach ((string lane, OxyColor color) in Colors)
        {
            foreach (Way way in (Way[])[Way.Forward, Way.Return])
            {
                LineSeries line = Line(series.Where(measured => measured.Way == way), lane, way, color);
                if (line.Points.Count > 0)
                    plot.Series.Add(line);
            }
        }

        return plot;
    }

    private static LogarithmicAxis Logarithmic(AxisPosition position, string title) => new()
    {
        Position = position,
        Title = title,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColors.LightGray,
        MinorGridlineStyle = LineStyle.Dot,
        MinorGridlineColor = OxyColors.LightGray,
    };

    private static LineSeries Line(IEnumerable<Measured> series, string lane, Way way, OxyColor color)
    {
        LineSeries line = new()
        {
            Title = $"{lane}, {way.Title()}",
            Color = color,
            LineStyle = way == Way.Forward ? LineStyle.Solid : LineStyle.Dash,
            MarkerType = way == Way.Forward ? MarkerType.Circle : MarkerType.Square,
            MarkerFill = color,
        };
        foreach (Measured measured in series.Where(measured => measured.Lanes.Any(one => one.Name == lane)).OrderBy(measured => measured.Load.Flows))
            line.Points.Add(new DataPoint(measured.Load.Flows, measured.Samples.Spread(lane, sample => sample.OwnClocks).Median));
        return line;
    }
}
